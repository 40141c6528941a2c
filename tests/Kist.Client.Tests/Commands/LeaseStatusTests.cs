using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Commands;

/// <summary><c>kist lease list</c> and <c>kist lease status</c>.</summary>
public sealed class LeaseStatusTests : IDisposable
{
    private readonly Cli cli = new Cli().With("KIST_TOKEN", "own");

    public void Dispose() => cli.Dispose();

    [Fact]
    public async Task Status_shows_counts_sweeps_and_what_could_not_be_revoked()
    {
        Answer();
        Repository.AssertGolden("lease-status.txt", (await cli.RunAsync("lease", "status")).Output);
        Repository.AssertGolden("lease-status.json", (await cli.RunAsync("lease", "status", "-format=json")).Output);
    }

    [Fact]
    public async Task Status_without_trouble_is_short()
    {
        cli.Server.On("GET sys/leases/count", 200, """{"data":{"lease_count":0,"counts":{}}}""");
        cli.Server.On("GET sys/leases/count?type=overdue", 200, """{"data":{"lease_count":0,"counts":{}}}""");
        cli.Server.On("GET sys/leases/sweeps", 200, """{"data":{"sweeps":[]}}""");
        cli.Server.On("GET sys/leases?type=irrevocable", 200, """{"data":{"lease_count":0,"leases":[]}}""");
        var shown = (await cli.RunAsync("lease", "status")).Output;
        Assert.DoesNotContain("Revoking", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("Error", shown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("database/creds/")]
    [InlineData("/database/creds")]
    public async Task List_shows_the_children_of_a_path(string path)
    {
        cli.Server.On("GET sys/leases/lookup/database/creds?list=true", 200, """{"data":{"keys":["app/"]}}""");
        Assert.Contains("app/", (await cli.RunAsync("lease", "list", path)).Output, StringComparison.Ordinal);
    }

    private void Answer()
    {
        cli.Server.On("GET sys/leases/count", 200, """{"data":{"lease_count":3,"counts":{"database_1f":2,"":1}}}""");
        cli.Server.On("GET sys/leases/count?type=overdue", 200, """{"data":{"lease_count":2,"counts":{}}}""");
        cli.Server.On(
            "GET sys/leases/sweeps",
            200,
            """
            {"data":{"sweeps":[
              {"prefix":"","force":true,"start_time":"2026-01-31T12:00:00Z","end_time":"2026-01-31T12:00:09Z","revoked":7,"failed":1,"last_error":"must be owner"},
              {"prefix":"database/creds/app/","force":false,"start_time":"2026-01-31T12:01:00Z","end_time":null,"revoked":4,"failed":0,"last_error":""}]}}
            """);
        cli.Server.On(
            "GET sys/leases?type=irrevocable",
            200,
            """{"data":{"lease_count":1,"leases":[{"lease_id":"database/creds/app/x","mount_id":"database_1f","error":"must be owner of it"}]}}""");
    }
}
