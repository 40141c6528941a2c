namespace Kist.Kubernetes.Tests.Manifests;

/// <summary>Manifests in the forms that tools write.</summary>
internal static class Kubeadm
{
    /// <summary>As kubeadm 1.31 writes it.</summary>
    public const string Plain =
        """
        apiVersion: v1
        kind: Pod
        metadata:
          annotations:
            kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint: 10.0.0.5:6443
          creationTimestamp: null
          labels:
            component: kube-apiserver
            tier: control-plane
          name: kube-apiserver
          namespace: kube-system
        spec:
          containers:
          - command:
            - kube-apiserver
            - --advertise-address=10.0.0.5
            - --allow-privileged=true
            - --authorization-mode=Node,RBAC
            - --client-ca-file=/etc/kubernetes/pki/ca.crt
            - --enable-admission-plugins=NodeRestriction
            - --enable-bootstrap-token-auth=true
            - --etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt
            - --etcd-certfile=/etc/kubernetes/pki/apiserver-etcd-client.crt
            - --etcd-keyfile=/etc/kubernetes/pki/apiserver-etcd-client.key
            - --etcd-servers=https://127.0.0.1:2379
            - --secure-port=6443
            - --service-cluster-ip-range=10.96.0.0/12
            image: registry.k8s.io/kube-apiserver:v1.31.2
            imagePullPolicy: IfNotPresent
            livenessProbe:
              failureThreshold: 8
              httpGet:
                host: 10.0.0.5
                path: /livez
                port: 6443
                scheme: HTTPS
            name: kube-apiserver
            resources:
              requests:
                cpu: 250m
            volumeMounts:
            - mountPath: /etc/ssl/certs
              name: ca-certs
              readOnly: true
            - mountPath: /etc/kubernetes/pki
              name: k8s-certs
              readOnly: true
          hostNetwork: true
          priorityClassName: system-node-critical
          volumes:
          - hostPath:
              path: /etc/ssl/certs
              type: DirectoryOrCreate
            name: ca-certs
          - hostPath:
              path: /etc/kubernetes/pki
              type: DirectoryOrCreate
            name: k8s-certs
        status: {}

        """;

    /// <summary>Another tool's: comments, indented lists, quoted flags, a second container first, args, no volumes yet.</summary>
    public const string Commented =
        """
        # managed by the platform team
        apiVersion: v1
        kind: Pod
        metadata:
            name: "kube-apiserver"   # do not rename
        spec:
            containers:
                - name: sidecar
                  image: example.test/sidecar:1
                  command: ["/bin/sidecar", "--flag"]
                - name: kube-apiserver
                  image: example.test/kube-apiserver:1.30
                  command:
                      - kube-apiserver
                  args:
                      # the address
                      - "--advertise-address=10.0.0.5"
                      - '--etcd-servers=https://a:2379,https://b:2379'
                      # last one
                      - --v=2
            hostNetwork: true
        """;

    /// <summary>With encryption, the file itself mounted, the reload off.</summary>
    public const string FileMount =
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: kube-apiserver-node1
        spec:
          containers:
          - name: kube-apiserver
            command:
            - /usr/local/bin/kube-apiserver
            - --encryption-provider-config=/etc/kubernetes/encryption.yaml
            - --encryption-provider-config-automatic-reload=false
            - --feature-gates=KMSv1=true,Other=false
            volumeMounts:
            - mountPath: /etc/kubernetes/encryption.yaml
              name: enc
              readOnly: true
          volumes:
          - name: enc
            hostPath:
              path: /srv/kubernetes/encryption.yaml
              type: File

        """;

    /// <summary>In braces.</summary>
    public const string Flow =
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: kube-apiserver}
        spec: {containers: [{name: kube-apiserver, command: [kube-apiserver, --v=2]}]}
        """;

    /// <summary>JSON, which kubelet takes, too.</summary>
    public const string Json =
        """
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "kube-apiserver"},
         "spec": {"containers": [{"name": "kube-apiserver", "command": ["kube-apiserver", "--v=2"]}]}}
        """;

    /// <summary>All of block style.</summary>
    public static TheoryData<string> Blocks => [Plain, Commented, Plain.Replace("\n", "\r\n", StringComparison.Ordinal)];

    /// <summary>All that is not.</summary>
    public static TheoryData<string> Others =>
    [
        Flow, Json,
        Plain.Replace("    - kube-apiserver\n", "    -\n      kube-apiserver\n", StringComparison.Ordinal).Replace("    - --", "    -\n      --", StringComparison.Ordinal),
        Plain.Replace("    volumeMounts:\n    - mountPath: /etc/ssl/certs\n      name: ca-certs\n      readOnly: true\n    - mountPath: /etc/kubernetes/pki\n      name: k8s-certs\n      readOnly: true\n", "    volumeMounts: [{mountPath: /x, name: ca-certs}]\n", StringComparison.Ordinal),
        Plain.Replace("  volumes:\n", "  volumes: []\n  others:\n", StringComparison.Ordinal),
    ];
}
