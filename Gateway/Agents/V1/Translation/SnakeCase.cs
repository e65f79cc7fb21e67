using System.Text;

namespace Gateway.Agents.V1.Translation;

/// <summary>Python's way from a class name to a tool name: <c>FileEditor</c> is <c>file_editor</c>. Pure.</summary>
internal static class SnakeCase
{
    public static string From(string name)
    {
        var text = new StringBuilder(name.Length + 8);
        for (var i = 0; i < name.Length; i++)
        {
            // A capital begins a word when a small letter stands beside it: MCPTool is mcp_tool.
            if (char.IsUpper(name[i]) && i > 0 && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1]))))
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }
}
