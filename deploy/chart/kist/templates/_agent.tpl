{{/* The parts of an agent. Their context is the agent's values alone, so that other charts can call them with theirs. */}}

{{- define "kist.agent.configuration" -}}
{{- if not (or .templates .extraConfig) }}
{{- fail "agent.templates is empty: an agent that renders nothing has nothing to do; give templates, or a listener in agent.extraConfig" }}
{{- end -}}
agent.hcl: |
  vault {
    address = {{ .address | quote }}
    ca_cert = "/etc/kist/ca/ca.crt"
  }

  auto_auth {
    method "kubernetes" {
      mount_path = {{ .authPath | quote }}
      config = {
        role       = {{ .role | quote }}
        token_path = "/var/run/secrets/kist/token"
      }
    }
  }

  # Health and metrics alone: nothing here answers with a secret.
  listener "tcp" {
    address     = "0.0.0.0:{{ .healthPort }}"
    role        = "metrics_only"
    tls_disable = true
  }
{{- range .templates }}

  template {
    destination = "{{ $.directory }}/{{ .file }}"
    perms       = {{ .perms | default "0440" | quote }}
    contents    = <<EOT
{{ .contents | trimSuffix "\n" | indent 2 }}
  EOT
  }
{{- end }}
{{- if .extraConfig }}

{{ .extraConfig | indent 2 }}
{{- end }}
{{- end -}}

{{- define "kist.agent.container" -}}
image: {{ .image | quote }}
imagePullPolicy: {{ .pullPolicy }}
env:
  - name: DOTNET_TieredPGO
    value: "0"
resources:
  {{- toYaml .resources | nindent 2 }}
securityContext:
  {{- include "kist.container.securityContext" . | nindent 2 }}
volumeMounts:
  - name: kist-token
    mountPath: /var/run/secrets/kist
    readOnly: true
  - name: kist-ca
    mountPath: /etc/kist/ca
    readOnly: true
  - name: kist-agent
    mountPath: /etc/kist/agent
    readOnly: true
  - name: kist-secrets
    mountPath: {{ .directory }}
  - name: kist-tmp
    mountPath: /tmp
{{- end -}}

{{- define "kist.agent.first" -}}
- name: kist-agent-first
  args: [agent, -config=/etc/kist/agent, -exit-after-auth]
  {{- include "kist.agent.container" . | nindent 2 }}
{{- end -}}

{{- define "kist.agent.sidecar" -}}
- name: kist-agent
  args: [agent, -config=/etc/kist/agent]
  ports:
    - name: agent-health
      containerPort: {{ .healthPort }}
      protocol: TCP
  # A server that is away makes no agent ill: its files stay, and it goes on trying.
  livenessProbe:
    httpGet:
      path: /agent/v1/live
      port: agent-health
    periodSeconds: 10
    timeoutSeconds: 5
    failureThreshold: 6
  readinessProbe:
    httpGet:
      path: /agent/v1/ready
      port: agent-health
    periodSeconds: 5
    timeoutSeconds: 3
  {{- include "kist.agent.container" . | nindent 2 }}
{{- end -}}

{{- define "kist.agent.volumes" -}}
- name: kist-token
  projected:
    defaultMode: 0440
    sources:
      - serviceAccountToken:
          path: token
          audience: {{ .audience | quote }}
          expirationSeconds: {{ .tokenSeconds }}
- name: kist-ca
  configMap:
    name: {{ .caConfigMap }}
- name: kist-agent
  configMap:
    name: {{ .configMapName }}
- name: kist-secrets
  emptyDir:
    medium: Memory
    sizeLimit: 16Mi
- name: kist-tmp
  emptyDir:
    medium: Memory
    sizeLimit: 16Mi
{{- end -}}
