using Gateway.Access.Forward;
using Gateway.Access.Jwt;

using Microsoft.Extensions.Options;

namespace Gateway.Access;

/// <summary>Registers the access policy of the whole server.</summary>
internal static class AccessServiceCollectionExtensions
{
    public static IServiceCollection AddAccess(this IServiceCollection services)
    {
        services.AddOptions<AccessOptions>().BindConfiguration(AccessOptions.Section).ValidateOnStart();
        services.AddOptions<ForwardOptions>().BindConfiguration(ForwardOptions.Section).ValidateOnStart();
        services.AddOptions<JwtOptions>().BindConfiguration(JwtOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<AccessOptions>, AccessOptionsValidator>();
        services.AddSingleton<IValidateOptions<ForwardOptions>, ForwardOptionsAttributeValidator>();
        services.AddSingleton<IValidateOptions<ForwardOptions>, ForwardOptionsValidator>();
        services.AddSingleton<IValidateOptions<JwtOptions>, JwtOptionsAttributeValidator>();
        services.AddSingleton<IValidateOptions<JwtOptions>, JwtOptionsValidator>();
        services.AddSingleton(static provider => provider.GetRequiredService<IOptions<AccessOptions>>().Value);
        services.AddSingleton(static provider => provider.GetRequiredService<IOptions<ForwardOptions>>().Value);
        services.AddSingleton(static provider => provider.GetRequiredService<IOptions<JwtOptions>>().Value);
        services.AddSingleton<AccessMetrics>();
        services.AddSingleton<AccessServer>();
        services.AddSingleton<ForwardPolicy>();
        services.AddSingleton<TokenChecker>();
        services.AddSingleton<JwtPolicy>();
        services.AddSingleton<SessionApiKeyPolicy>();
        return services.AddSingleton<IAccessPolicy>(static provider => provider.GetRequiredService<AccessOptions>().Mode switch
        {
            AccessMode.Forward => provider.GetRequiredService<ForwardPolicy>(),
            AccessMode.Jwt => provider.GetRequiredService<JwtPolicy>(),
            _ => provider.GetRequiredService<SessionApiKeyPolicy>(),
        });
    }
}
