namespace Kist.Kubernetes.Tests.Deployment;

/// <summary>Values that people give the chart.</summary>
internal static class ValueSets
{
    /// <summary>By name.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["default"] = "{}",
        ["unsealed by shares, bare"] = """
            server:
              seal: {secretName: ""}
              tokenReview: false
              networkPolicy: {enabled: false}
              podDisruptionBudget: {enabled: false}
            """,
        ["behind an ingress"] = """
            server:
              apiAddr: https://kist.example.org
              service: {type: LoadBalancer, port: 443, annotations: {example.org/internal: "true"}}
              ingress:
                enabled: true
                className: nginx
                annotations: {nginx.ingress.kubernetes.io/ssl-passthrough: "true"}
            """,
        ["with an application and its agent"] = Application,
        ["in the second cluster, agents alone"] = """
            server: {enabled: false}
            application:
              enabled: true
              replicas: 1
              serviceAccount: {create: true, name: cart}
              networkPolicy: {kistNamespace: "", kistPort: 443}
              podDisruptionBudget: {enabled: false}
            agent:
              address: https://kist.example.org
              authPath: auth/kubernetes-east
              role: cart
              caConfigMap: other-ca
              extraConfig: |
                listener "unix" {
                  address = "/run/secrets/kist/agent.sock"
                }
                api_proxy {
                  use_auto_auth_token = true
                }
            """,
        ["with a place, resources and names of its own"] = """
            fullnameOverride: vaulty
            image: {repository: registry.example.org/kist, tag: 0.1.0-7, pullPolicy: Always}
            imagePullSecrets: [{name: registry}]
            server:
              seal: {secretName: other-seal, secretKey: seal.key, keyId: 2026-01}
              tls: {secretName: other-tls}
              logLevel: debug
              extraConfig: |
                max_lease_ttl = "2160h"
                cluster_name  = "east"
              storage: {size: 100Gi, className: fast}
              audit: {size: 1Ti, className: slow}
              serviceAccount: {name: secrets, annotations: {example.org/owner: security}}
              networkPolicy: {clientNamespaceLabels: {team: shop}, egressPorts: []}
              podDisruptionBudget: {maxUnavailable: 0}
              resources: {requests: {cpu: 0.5, memory: 1Gi}, limits: {cpu: "2", memory: 1024Mi}}
              userId: 1000650000
              extraEnv: [{name: TZ, value: Europe/Berlin}]
              podAnnotations: {example.org/scrape: "true"}
              podLabels: {team: security}
              nodeSelector: {kubernetes.io/arch: arm64}
              tolerations: [{key: dedicated, operator: Equal, value: secrets, effect: NoSchedule}]
              affinity:
                nodeAffinity:
                  requiredDuringSchedulingIgnoredDuringExecution:
                    nodeSelectorTerms:
                      - matchExpressions: [{key: topology.kubernetes.io/zone, operator: In, values: [a, b]}]
              priorityClassName: system-cluster-critical
            """,
        ["as a part of another chart"] = """
            global: {imageRegistry: example.org}
            server: {enabled: false}
            """,
    };

    /// <summary>The application of <c>deploy/manifests/application</c>, as far as the chart has names for it.</summary>
    public const string Application = """
        application:
          enabled: true
          args: [sh, -c, "while true; do ls -l /run/secrets/shop; sleep 60; done"]
        agent:
          configMapName: shop-agent
          directory: /run/secrets/shop
          templates:
            - file: db.env
              contents: |
                {{ with secret "secret/data/shop/db" -}}
                DB_USER={{ .Data.data.user }}
                DB_PASSWORD={{ .Data.data.password }}
                {{ end -}}
            - file: config/app.json
              perms: "0400"
              contents: '{{ with secret "secret/data/shop/app" }}{{ .Data.data | toJSON }}{{ end }}'
        """;
}
