using Kist.Harness.Kubernetes;

namespace Kist.Kubernetes.Tests.Deployment;

/// <summary>
/// A test that renders the chart; skipped, by name and with the reason, where nothing can. Under <c>CI=true</c> it runs and fails instead.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FactNeedingChartAttribute : FactAttribute
{
    /// <param name="andKube">Whether it needs an API server as well.</param>
    public FactNeedingChartAttribute(bool andKube = false) =>
        Skip = ChartNeeds.Lack ?? (andKube ? ChartNeeds.LackOfKube : null);
}

/// <summary>As <see cref="FactNeedingChartAttribute"/>, with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TheoryNeedingChartAttribute : TheoryAttribute
{
    public TheoryNeedingChartAttribute() => Skip = ChartNeeds.Lack;
}

internal static class ChartNeeds
{
    public static string? Lack { get; } = HelmChart.CanRender || Demanded
        ? null : "needs helm-render, which tests/tools/helm-render/build builds";

    public static string? LackOfKube { get; } = KubeCluster.Installed || Demanded
        ? null : "needs a kube-apiserver, which tests/tools/kube-apiserver builds";

    private static bool Demanded => Environment.GetEnvironmentVariable("CI") == "true";
}
