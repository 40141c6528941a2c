namespace Kist.Harness.Kubernetes;

/// <summary>The static-pod manifest of an API server, as far as programs that change it look at it.</summary>
public static class ApiServerPod
{
    /// <summary>A manifest.</summary>
    /// <param name="flags">The server's flags.</param>
    /// <param name="mounted">A path of the host that is mounted at the same place; null for none.</param>
    public static string Manifest(IEnumerable<string> flags, string? mounted = null)
    {
        var pod = $"""
            apiVersion: v1
            kind: Pod
            metadata:
              name: kube-apiserver
            spec:
              containers:
              - name: kube-apiserver
                command:
                - kube-apiserver
            {string.Join('\n', flags.Select(flag => $"    - {flag}"))}

            """;
        return mounted is null ? pod : pod + $"""
                volumeMounts:
                - mountPath: {mounted}
                  name: enc
              volumes:
              - hostPath:
                  path: {mounted}
                name: enc

            """;
    }
}
