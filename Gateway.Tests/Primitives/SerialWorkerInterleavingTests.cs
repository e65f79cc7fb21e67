using Gateway.Primitives;

namespace Gateway.Tests.Primitives;

/// <summary>
/// Every order in which wake-ups, a stop, the scheduled execution and the steps of a run can follow one another, on the real class. Each of
/// its operations is one atomic step, so orders of calls are all the interleavings that threads can have.
/// </summary>
public sealed class SerialWorkerInterleavingTests
{
    private enum Step
    {
        /// <summary>There is more to do.</summary>
        Write,
        Wake,
        Stop,

        /// <summary>What was scheduled gets its thread.</summary>
        Execute,

        /// <summary>The run under way goes on to its next wait, or ends.</summary>
        Advance,
    }

    public enum RunKind
    {
        /// <summary>Never waits.</summary>
        Immediate,

        /// <summary>Waits before it looks and before it ends.</summary>
        Waiting,

        /// <summary>As waiting, and stops the worker when it has looked at the second piece of work.</summary>
        StopsItself,

        /// <summary>As waiting, and throws then.</summary>
        Throws,

        /// <summary>Throws at once then, before its first wait.</summary>
        ThrowsImmediately,
    }

    [Theory]
    [InlineData(RunKind.Immediate, true)]
    [InlineData(RunKind.Immediate, false)]
    [InlineData(RunKind.Waiting, true)]
    [InlineData(RunKind.Waiting, false)]
    [InlineData(RunKind.StopsItself, true)]
    [InlineData(RunKind.StopsItself, false)]
    [InlineData(RunKind.Throws, true)]
    [InlineData(RunKind.Throws, false)]
    [InlineData(RunKind.ThrowsImmediately, false)]
    [InlineData(RunKind.ThrowsImmediately, true)]
    public void EveryInterleaving_OfWakesFinishAndStop_RunsOnceAtATimeAndMissesNothing(RunKind kind, bool withStop)
    {
        // The steps of a run must follow one another on this thread, at the moment that the order says.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            Step[][] callers =
            [
                [Step.Write, Step.Wake, Step.Write, Step.Wake],
                [Step.Write, Step.Wake],
                withStop ? [Step.Stop, Step.Wake, Step.Stop] : [],
            ];

            CountOrders(kind, callers).Should().BeGreaterThan(50);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>
    /// Runs every order from its start; the next is the one before it with its last choice that has an alternative changed.
    /// </summary>
    private static int CountOrders(RunKind kind, Step[][] callers)
    {
        var choices = new List<(int Chosen, int Of)>();
        for (var orders = 1; ; orders++)
        {
            RunOrder(new ModelWorker(kind), callers, choices);
            while (choices.Count > 0 && choices[^1].Chosen + 1 == choices[^1].Of)
            {
                choices.RemoveAt(choices.Count - 1);
            }

            if (choices.Count == 0)
            {
                return orders;
            }

            choices[^1] = (choices[^1].Chosen + 1, choices[^1].Of);
        }
    }

    private static void RunOrder(ModelWorker worker, Step[][] callers, List<(int Chosen, int Of)> choices)
    {
        var positions = new int[callers.Length];
        var order = new List<Step>();
        for (var depth = 0; ; depth++)
        {
            var enabled = new List<(Step Step, int Caller)>();
            for (var caller = 0; caller < callers.Length; caller++)
            {
                if (positions[caller] < callers[caller].Length)
                {
                    enabled.Add((callers[caller][positions[caller]], caller));
                }
            }

            if (worker.Scheduled > 0)
            {
                enabled.Add((Step.Execute, -1));
            }

            if (worker.IsWaiting)
            {
                enabled.Add((Step.Advance, -1));
            }

            if (enabled.Count == 0)
            {
                worker.ShouldBeAtRest(order);
                return;
            }

            if (depth == choices.Count)
            {
                choices.Add((0, enabled.Count));
            }

            var (step, by) = enabled[choices[depth].Chosen];
            order.Add(step);
            if (by >= 0)
            {
                positions[by]++;
            }

            worker.Do(step, order);
        }
    }

    private sealed class ModelWorker(RunKind kind) : SerialWorker
    {
        private TaskCompletionSource? _wait;
        private int _written;
        private int _announced;
        private int _seen;
        private int _inside;
        private int _begun;
        private int _stopped;
        private int _faults;
        private bool _isStoppedByCall;
        private string? _broken;

        public int Scheduled { get; private set; }

        public bool IsWaiting => _wait is not null;

        public void Do(Step step, List<Step> order)
        {
            var begun = _begun;
            var wasStopped = _isStoppedByCall;
            switch (step)
            {
                case Step.Write:
                    _written++;
                    break;
                case Step.Wake:
                    Wake();
                    _announced = _written;
                    break;
                case Step.Stop:
                    Stop();
                    _isStoppedByCall = true;
                    break;
                case Step.Execute:
                    Scheduled--;
                    Execute();
                    break;
                default:
                    var wait = _wait;
                    _wait = null;
                    wait?.SetResult();
                    break;
            }

            Check(!wasStopped || _begun == begun, "a run began after Stop");
            Check(Scheduled + _inside <= 1, "two runs");
            Check(_stopped == 0 || (_inside == 0 && Scheduled == 0), "a run after OnStopped");
            _broken.Should().BeNull("of the order {0}", string.Join(' ', order));
        }

        public void ShouldBeAtRest(List<Step> order)
        {
            Check(_inside == 0, "a run is still under way");
            Check(_stopped == (IsStopped ? 1 : 0), $"OnStopped was called {_stopped} times");
            Check(IsStopped || _seen >= _announced, "a wake-up was lost");
            Check(IsStopped == (_isStoppedByCall || (Ends && _seen > 1)), "stopped, or not stopped, for no reason");
            Check(_faults <= 1 && (_faults == 0 || IsStopped), "a fault did not stop it");
            _broken.Should().BeNull("of the order {0}", string.Join(' ', order));
        }

        private bool Ends => kind is RunKind.StopsItself or RunKind.Throws or RunKind.ThrowsImmediately;

        protected override ValueTask RunAsync()
        {
            Check(_inside++ == 0, "two runs at once");
            Check(_stopped == 0, "a run after OnStopped");
            _begun++;
            if (kind is not (RunKind.Immediate or RunKind.ThrowsImmediately))
            {
                return RunInStepsAsync();
            }

            _seen = _written;
            _inside--;
            return kind == RunKind.ThrowsImmediately && _seen > 1
                ? throw new InvalidOperationException("on purpose")
                : ValueTask.CompletedTask;
        }

        protected override void OnFault(Exception exception)
        {
            Check(_inside == 0 && _stopped == 0, "a fault at the wrong time");
            _faults++;
        }

        protected override void OnStopped()
        {
            Check(_inside == 0, "OnStopped during a run");
            _stopped++;
        }

        protected override void Schedule() => Scheduled++;

        private async ValueTask RunInStepsAsync()
        {
            await NextAsync();
            _seen = _written;
            await NextAsync();
            _inside--;
            if (kind == RunKind.StopsItself && _seen > 1)
            {
                Stop();
            }
            else if (kind == RunKind.Throws && _seen > 1)
            {
                throw new InvalidOperationException("on purpose");
            }
        }

        // Its continuation runs inside SetResult, on the thread of the test.
        private Task NextAsync() => (_wait = new TaskCompletionSource()).Task;

        private void Check(bool holds, string otherwise) => _broken ??= holds ? null : otherwise;
    }
}
