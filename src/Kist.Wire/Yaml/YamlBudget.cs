using Kist.Wire.Hcl;

namespace Kist.Wire.Yaml;

/// <summary>
/// What one text may expand to, taken before anything is made of it: a few characters name a value of any size again and again, and readers look at
/// each of its places as if it were written there.
/// </summary>
internal sealed class YamlBudget
{
    private long values = YamlReader.MaxSize;
    private long copied = YamlReader.MaxLength;

    /// <summary>For a value that is written out.</summary>
    public void TakeValue(HclPosition position) => Take(1, 0, position);

    /// <summary>For a value that an alias or a merge key repeats.</summary>
    public void TakeCopy(YamlValue value, HclPosition position) => Take(value.Size, value.Characters, position);

    private void Take(long size, long characters, HclPosition position)
    {
        values -= size;
        copied -= characters;
        if (values < 0 || copied < 0)
            throw new HclException("the text has too many values, or aliases that expand to too much", position);
    }
}
