using System.Globalization;
using Kist.Core.Storage;

namespace Kist.Core.Tests.Storage;

public sealed class BootClockTests
{
    [Fact]
    public void Timestamp_is_the_time_since_the_machine_started()
    {
        var before = Hundredths();
        var uptime = decimal.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture) * 100;
        Assert.InRange(uptime, before, Hundredths());

        static long Hundredths() => BootClock.Instance.GetTimestamp() * 100 / BootClock.Instance.TimestampFrequency;
    }
}
