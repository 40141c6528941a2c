using Kist.Core.Audit;

namespace Kist.Core.Tests.Audit;

public sealed class AuditDeviceOptionsTests
{
    [Fact]
    public void Defaults_hide_and_protect()
    {
        var options = Parse(("file_path", "/var/log/kist.log"));
        Assert.Equal(new AuditDeviceOptions { Target = "/var/log/kist.log" }, options.Value);
        Assert.False(options.Value.LogRaw);
        Assert.True(options.Value.HmacAccessor);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, options.Value.Mode);
    }

    [Fact]
    public void Every_option_is_read()
    {
        var options = Parse(
            ("path", "/a/../b"), ("mode", "0640"), ("log_raw", "TRUE"), ("hmac_accessor", "f"), ("fsync", "1"), ("elide_list_responses", "true"), ("format", "json"), ("prefix", ""));
        Assert.Equal(
            new AuditDeviceOptions
            {
                Target = "/b",
                Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead,
                LogRaw = true,
                HmacAccessor = false,
                Fsync = true,
                ElideListResponses = true,
            },
            options.Value);
    }

    [Theory]
    [InlineData("stdout", "stdout")]
    [InlineData("discard", "discard")]
    [InlineData("/dev/null", "discard")]
    public void Names_stand_for_targets_that_are_no_files(string path, string target) => Assert.Equal(target, Parse(("file_path", path)).Value.Target);

    [Fact]
    public void Type_stdout_needs_no_path() =>
        Assert.Equal("stdout", AuditDeviceOptions.Parse("stdout", new Dictionary<string, string>()).Value.Target);

    [Fact]
    public void Mode_zero_leaves_the_mode() => Assert.Null(Parse(("file_path", "/a"), ("mode", "0000")).Value.Mode);

    [Theory]
    [InlineData("file_path", "relative.log")]
    [InlineData("file_path", "/ends/")]
    [InlineData("file_path", "")]
    [InlineData("file_path", "/a\0b")]
    [InlineData("mode", "0755")]
    [InlineData("mode", "4600")]
    [InlineData("mode", "rw")]
    [InlineData("mode", "")]
    [InlineData("mode", "99999999999999999999")]
    [InlineData("mode", "77777777777777777777")]
    [InlineData("log_raw", "maybe")]
    [InlineData("format", "jsonx")]
    [InlineData("prefix", "#!/bin/sh ")]
    [InlineData("hmac_acessor", "true")]
    public void Bad_option_is_refused_by_name(string name, string value)
    {
        var failure = Parse(("path", "/a"), (name, value)).Failure;
        Assert.Equal("audit.invalid_option", failure?.Code);
        Assert.Contains($"\"{name}\"", failure?.Message);
    }

    [Fact]
    public void Unknown_type_and_missing_path_are_refused()
    {
        Assert.Contains("\"syslog\"", AuditDeviceOptions.Parse("syslog", new Dictionary<string, string>()).Failure?.Message);
        Assert.Contains("file_path", Parse(("mode", "0600")).Failure?.Message);
    }

    private static Outcome<AuditDeviceOptions> Parse(params (string Name, string Value)[] options) =>
        AuditDeviceOptions.Parse("file", options.ToDictionary(o => o.Name, o => o.Value));
}
