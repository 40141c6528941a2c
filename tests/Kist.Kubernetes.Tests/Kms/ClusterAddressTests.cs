using System.Net;
using Kist.Kubernetes.Kms;

namespace Kist.Kubernetes.Tests.Kms;

public sealed class ClusterAddressTests
{
    [Theory]
    [InlineData("kist.vault.svc", true)]
    [InlineData("kist.vault.svc.cluster.local", true)]
    [InlineData("kist.vault.SVC.example.org", true)]
    [InlineData("kist.cluster.local", true)]
    [InlineData("10.96.0.17", true)]
    [InlineData("10.96.0.1", true)]
    [InlineData("kube.test", true)]
    [InlineData("10.0.0.17", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("[::1]", false)]
    [InlineData("kist.example.org", false)]
    [InlineData("svc.example.org", false)]
    [InlineData("localhost", false)]
    public void Addresses_in_the_cluster_are_found(string host, bool within) =>
        Assert.Equal(within, ClusterAddress.Reason(host, "kube.test", [IPNetwork.Parse("10.96.0.0/12")]) is not null);
}
