using Kist.Api.Vault;
using Kist.Core.Sys;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Kist.Api.Tests.Vault;

public class HealthStatusTests
{
    private static readonly HealthResponse Healthy = new() { Initialized = true, StoreFresh = true };
    private static readonly HealthResponse CutOff = Healthy with { StoreFresh = false };
    private static readonly HealthResponse Sealed = new() { Initialized = true, Sealed = true };

    [Fact]
    public void Every_state_has_the_status_that_load_balancers_expect()
    {
        Assert.Equal(200, Of(Healthy, ""));
        Assert.Equal(503, Of(CutOff, ""));
        Assert.Equal(503, Of(Sealed, ""));
        Assert.Equal(501, Of(new HealthResponse { Sealed = true }, ""));
    }

    [Fact]
    public void Every_state_has_a_parameter_that_changes_its_status()
    {
        const string Query = "?activecode=201&haunhealthycode=202&sealedcode=203&uninitcode=204";
        Assert.Equal(201, Of(Healthy, Query));
        Assert.Equal(202, Of(CutOff, Query));
        Assert.Equal(203, Of(Sealed, Query));
        Assert.Equal(204, Of(new HealthResponse { Sealed = true }, Query));
    }

    [Theory]
    [InlineData("?standbyok=true&perfstandbyok=true&standbycode=210&performancestandbycode=210&drsecondarycode=210")]
    [InlineData("?activecode=abc")]
    [InlineData("?activecode=99")]
    [InlineData("?activecode=-200")]
    public void What_no_node_is_and_what_is_no_status_change_nothing(string query) => Assert.Equal(200, Of(Healthy, query));

    private static int Of(HealthResponse health, string query) => HealthStatus.Of(health, new QueryCollection(QueryHelpers.ParseQuery(query)));
}
