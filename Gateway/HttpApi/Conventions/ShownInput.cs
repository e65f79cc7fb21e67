using System.Globalization;

using Gateway.Conversations.Events;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Conventions;

/// <summary>
/// What was sent, as a 422 answer repeats it: numbers are written as V0's parser has understood them (<c>1e3</c> as <c>1000.0</c>). Pure.
/// </summary>
internal static class ShownInput
{
    /// <summary>A copy.</summary>
    public static JToken Of(JToken? input)
    {
        if (input is JContainer container)
        {
            var copy = (JContainer)container.DeepClone();
            foreach (var number in copy.Descendants().OfType<JRaw>().ToList())
            {
                number.Replace(OfNumber(number));
            }

            return copy;
        }

        return input is JRaw raw ? OfNumber(raw) : input?.DeepClone() ?? JValue.CreateNull();
    }

    /// <summary>Big integers stay as they are, and so does what is beyond the range of a float.</summary>
    private static JRaw OfNumber(JRaw raw)
    {
        var text = raw.ToString(CultureInfo.InvariantCulture);
        return text.AsSpan().ContainsAny('.', 'e', 'E')
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number)
                ? new JRaw(PythonText.Number(number))
                : new JRaw(text);
    }
}
