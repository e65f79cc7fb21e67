using System.Globalization;
using System.Text;

namespace Gateway.Operations.Operators.Tables;

/// <summary>How a column's values are shown and compared.</summary>
internal enum ColumnKind
{
    Text,
    Number,

    /// <summary>A moment, by UTC.</summary>
    Time,
}

/// <summary>A column of a table. Immutable.</summary>
/// <param name="Name">In JSON, and for sorting.</param>
/// <param name="Title">For people.</param>
/// <param name="Value">A text, a number, a moment, or null.</param>
internal sealed record Column<TRow>(string Name, string Title, ColumnKind Kind, Func<TRow, object?> Value);

/// <summary>Which rows are wanted.</summary>
/// <param name="Search">Rows with this text in any column, whatever its case; empty for all.</param>
/// <param name="Sort">A column's name; with <c>-</c> before it the largest first. What is no column's is the table's own order.</param>
internal readonly record struct TableQuery(string Search, string Sort, int Offset, int Limit)
{
    public const int MaxLimit = 200;

    /// <summary>As many as an export may have.</summary>
    public const int MaxExport = 10_000;

    private const int MaxSearch = 100;

    /// <summary>What a request asks for: <c>q</c>, <c>sort</c>, <c>offset</c>, <c>limit</c>; what is no number counts as absent.</summary>
    public static TableQuery Of(IQueryCollection query, int defaultLimit, int maxLimit = MaxLimit)
    {
        var search = query["q"].ToString().Trim();
        return new TableQuery(
            search.Length > MaxSearch ? search[..MaxSearch] : search,
            query["sort"].ToString(),
            Number("offset", 0, int.MaxValue),
            Number("limit", defaultLimit, maxLimit));

        int Number(string name, int otherwise, int most) =>
            int.TryParse(query[name].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? Math.Min(number, most)
                : otherwise;
    }
}

/// <summary>A column's head.</summary>
internal sealed record ColumnHead(string Name, string Title, string Kind);

/// <summary>Some rows of a table, ready to be written. Immutable.</summary>
/// <param name="Total">All rows.</param>
/// <param name="Matching">Those that the search found.</param>
internal sealed record TablePage(
    string Table, string Title, IReadOnlyList<ColumnHead> Columns, IReadOnlyList<IReadOnlyDictionary<string, object?>> Rows, int Total,
    int Matching)
{
    /// <summary>As a spreadsheet reads it: RFC 4180, and no field that a spreadsheet would take for a formula.</summary>
    public string ToCsv()
    {
        var csv = new StringBuilder();
        csv.AppendJoin(',', Columns.Select(static column => Field(column.Name))).Append("\r\n");
        foreach (var row in Rows)
        {
            csv.AppendJoin(',', Columns.Select(column => Field(row[column.Name]))).Append("\r\n");
        }

        return csv.ToString();
    }

    private static string Field(object? value)
    {
        var text = value switch
        {
            null => "",
            DateTimeOffset time => time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
        };
        if (value is string && text is ['=' or '+' or '-' or '@' or '\t', ..])
        {
            text = $"'{text}";
        }

        return text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}

/// <summary>
/// A table of the operators' page: searched, sorted and cut here, so that a page shows a few rows of however many. Any thread.
/// </summary>
internal interface ITable
{
    string Name { get; }

    ValueTask<TablePage> ReadAsync(TableQuery query, CancellationToken cancellationToken);
}

/// <inheritdoc cref="ITable"/>
/// <param name="name">In its address.</param>
/// <param name="title">For people.</param>
/// <param name="columns">At least one.</param>
/// <param name="sort">The order where none is asked for.</param>
/// <param name="read">All rows, as they are now.</param>
/// <param name="complete">Adds to the rows of a page what costs too much for all; null where nothing does.</param>
internal sealed class Table<TRow>(
    string name,
    string title,
    IReadOnlyList<Column<TRow>> columns,
    string sort,
    Func<CancellationToken, ValueTask<IReadOnlyList<TRow>>> read,
    Func<IReadOnlyList<TRow>, CancellationToken, ValueTask<IReadOnlyList<TRow>>>? complete = null)
    : ITable
{
    private readonly ColumnHead[] _heads =
    [
        .. columns.Select(static column => new ColumnHead(
            column.Name, column.Title, column.Kind switch { ColumnKind.Number => "number", ColumnKind.Time => "time", _ => "text" })),
    ];

    public string Name => name;

    public async ValueTask<TablePage> ReadAsync(TableQuery query, CancellationToken cancellationToken)
    {
        var all = await read(cancellationToken);
        var matching = query.Search.Length == 0 ? all : [.. all.Where(row => Matches(row, query.Search))];
        IReadOnlyList<TRow> page = [.. Sorted(matching, query.Sort).Skip(query.Offset).Take(query.Limit)];
        if (complete is not null)
        {
            page = await complete(page, cancellationToken);
        }

        return new TablePage(name, title, _heads, [.. page.Select(ToFields)], all.Count, matching.Count);
    }

    private Dictionary<string, object?> ToFields(TRow row) =>
        columns.ToDictionary(static column => column.Name, column => column.Value(row));

    private bool Matches(TRow row, string search)
    {
        foreach (var column in columns)
        {
            if (column.Kind != ColumnKind.Time
                && Convert.ToString(column.Value(row), CultureInfo.InvariantCulture) is { } text
                && text.Contains(search, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private IEnumerable<TRow> Sorted(IReadOnlyList<TRow> rows, string wanted)
    {
        var order = Find(wanted) is not null ? wanted : sort;
        return Find(order) is not { } column ? rows
            : order[0] == '-' ? rows.OrderByDescending(column.Value, Comparer<object?>.Create(Compare))
            : rows.OrderBy(column.Value, Comparer<object?>.Create(Compare));
    }

    private Column<TRow>? Find(string order) => columns.FirstOrDefault(column => column.Name == order.TrimStart('-'));

    // Of one column all values are of one type, or null.
    private static int Compare(object? one, object? other) => (one, other) switch
    {
        (string text, string otherText) => string.Compare(text, otherText, StringComparison.OrdinalIgnoreCase),
        (IComparable value, not null) when one.GetType() == other.GetType() => value.CompareTo(other),
        _ => (one is null ? 0 : 1) - (other is null ? 0 : 1),
    };
}
