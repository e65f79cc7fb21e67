using Gateway.EngineIO;
using Gateway.EngineIO.Admission;

using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.Support;

/// <summary>Makes inbound budgets for tests of what draws on one.</summary>
internal static class TestBudgets
{
    public static InboundBudget Create(long bytes = 64 * 1_024 * 1_024) => new(
        Options.Create(new EngineOptions { InboundBudgetBytes = bytes }), TimeProvider.System, NullLogger<InboundBudget>.Instance);
}
