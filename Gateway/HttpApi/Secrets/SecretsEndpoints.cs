using Gateway.Access;
using Gateway.HttpApi.Conventions;
using Gateway.HttpApi.Settings;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Secrets;

/// <summary>
/// Values that the agent may use and nobody is shown again: <c>/api/secrets</c>. Stateless. Source: PROTOCOL.md, "V0 settings".
/// </summary>
internal static class SecretsEndpoints
{
    private const string Tag = "Secrets";

    private static readonly ApiAnswer s_created = ApiAnswer.Message("Secret created successfully", StatusCodes.Status201Created);
    private static readonly ApiAnswer s_updated = ApiAnswer.Message("Secret updated successfully");
    private static readonly ApiAnswer s_deleted = ApiAnswer.Message("Secret deleted successfully");
    private static readonly ApiAnswer s_notCreated = Failed("creating");
    private static readonly ApiAnswer s_notUpdated = Failed("updating");
    private static readonly ApiAnswer s_notDeleted = Failed("deleting");

    public static void MapSecrets(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/api/secrets", ListAsync).RequireAccess(AccessRights.Read).AddEndpointFilter(DocumentFailures.FilterAsync)
            .WithName("ListSecrets").WithTags(Tag).WithSummary("Names and descriptions of the user's secrets.");
        endpoints.MapPost("/api/secrets", CreateAsync).RequireAccess(AccessRights.Manage)
            .WithName("CreateSecret").WithTags(Tag).WithSummary("Stores a secret under a new name.");
        endpoints.MapPut("/api/secrets/{name}", UpdateAsync).RequireAccess(AccessRights.Manage)
            .WithName("UpdateSecret").WithTags(Tag).WithSummary("Gives a secret another name and description; its value stays.");
        endpoints.MapDelete("/api/secrets/{name}", DeleteAsync).RequireAccess(AccessRights.Manage)
            .WithName("DeleteSecret").WithTags(Tag).WithSummary("Deletes a secret.");
    }

    private static async Task<IResult> ListAsync(HttpContext context, UserSecrets secrets)
    {
        var stored = await secrets.FindAsync(context.GetCaller(), context.RequestAborted);
        return ApiAnswer.Of(new JObject
        {
            ["custom_secrets"] = new JArray((stored ?? StoredSecrets.None).Descriptions.Select(static secret =>
                new JObject { ["name"] = secret.Name, ["description"] = secret.Description })),
        });
    }

    private static async Task<IResult> CreateAsync(HttpContext context, UserSecrets secrets)
    {
        var errors = new RequestErrors();
        if (await ReadBodyAsync(context, errors) is not { } body)
        {
            return errors.Answer;
        }

        var (fields, value) = body;
        var name = fields.RequiredText("name");
        var description = fields.OptionalText("description") ?? "";
        fields.RequiredText("value");
        if (errors.Any)
        {
            return errors.Answer;
        }

        return await EditAsync(
            context,
            secrets,
            stored => stored?.HasSecret(name) == true
                ? (null, Taken(name))
                : ((stored ?? StoredSecrets.None).WithSecret(name, value, description), s_created),
            s_notCreated);
    }

    private static async Task<IResult> UpdateAsync(
        string name, HttpContext context, UserSecrets secrets)
    {
        if (HasSlash(name))
        {
            return ApiAnswer.MethodNotAllowed;
        }

        var errors = new RequestErrors();
        if (await ReadBodyAsync(context, errors) is not { } body)
        {
            return errors.Answer;
        }

        var newName = body.Fields.RequiredText("name");
        var description = body.Fields.OptionalText("description") ?? "";
        if (errors.Any)
        {
            return errors.Answer;
        }

        return await EditAsync(
            context,
            secrets,
            stored => stored switch
            {
                // As with V0, which looks for a name only where there are secrets.
                null => (null, s_updated),
                _ when !stored.HasSecret(name) => (null, NotFound(name)),
                _ when newName != name && stored.HasSecret(newName) => (null, Taken(newName)),
                _ => (stored.WithRenamed(name, newName, description), s_updated),
            },
            s_notUpdated);
    }

    private static async Task<IResult> DeleteAsync(
        string name, HttpContext context, UserSecrets secrets) => HasSlash(name)
        ? ApiAnswer.MethodNotAllowed
        : await EditAsync(
            context,
            secrets,
            stored => stored switch
            {
                null => (null, s_deleted),
                _ when !stored.HasSecret(name) => (null, NotFound(name)),
                _ => (stored.WithoutSecret(name), s_deleted),
            },
            s_notDeleted);

    /// <summary>V0's routes see a coded slash as a slash: no route leads to such a secret.</summary>
    private static bool HasSlash(string name) => name.Contains("%2F", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// The body's fields, and the secret's value apart: a 422 answer repeats what was sent, and must not repeat that.
    /// </summary>
    private static async ValueTask<(RequestFields Fields, string Value)?> ReadBodyAsync(HttpContext context, RequestErrors errors)
    {
        if (await RequestBody.ReadFieldsAsync(context, errors) is not { } fields)
        {
            return null;
        }

        var value = fields.Json.Text("value");
        if (value.Length > 0)
        {
            fields.Json["value"] = KeyMask.Text;
        }

        return (fields, value);
    }

    private static Task<IResult> EditAsync(
        HttpContext context, UserSecrets secrets, Func<StoredSecrets?, (JObject? Edited, ApiAnswer Answer)> edit, ApiAnswer failed) =>
        DocumentFailures.AnswerAsync(context, failed, async () =>
        {
            var answer = failed;
            await secrets.EditAsync(
                context.GetCaller(),
                stored =>
                {
                    (var edited, answer) = edit(stored);
                    return edited;
                },
                context.RequestAborted);
            return answer;
        });

    private static ApiAnswer Taken(string name) => ApiAnswer.Message($"Secret {name} already exists", StatusCodes.Status400BadRequest);

    private static ApiAnswer NotFound(string name) =>
        ApiAnswer.Error(StatusCodes.Status404NotFound, $"Secret with ID {name} not found");

    private static ApiAnswer Failed(string what) =>
        ApiAnswer.Error(StatusCodes.Status500InternalServerError, $"Something went wrong {what} secret");
}
