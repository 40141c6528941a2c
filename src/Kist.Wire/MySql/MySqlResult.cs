namespace Kist.Wire.MySql;

/// <summary>What a statement came to. It prints no values.</summary>
/// <param name="AffectedRows">The rows that a statement changed; 0 for one that reads.</param>
/// <param name="Columns">The names of the columns of a statement that reads; empty for others.</param>
/// <param name="Rows">Its rows, with a value a column, as text; null stands for SQL's NULL.</param>
public sealed record MySqlResult(long AffectedRows, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string?>> Rows)
{
    /// <inheritdoc/>
    public override string ToString() => $"{AffectedRows} affected, {Rows.Count} rows of {Columns.Count} columns";
}
