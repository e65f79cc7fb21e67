using Microsoft.Extensions.Options;

namespace Gateway.Access;

/// <summary>Registers the access policy of the whole server.</summary>
internal static class AccessServiceCollectionExtensions
{
    public static IServiceCollection AddAccess(this IServiceCollection services)
    {
        services.AddOptions<AccessOptions>().BindConfiguration(AccessOptions.Section).ValidateOnStart();
        services.AddSingleton(static provider => provider.GetRequiredService<IOptions<AccessOptions>>().Value);
        return services.AddSingleton<IAccessPolicy, SessionApiKeyPolicy>();
    }
}
