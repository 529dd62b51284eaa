{{- define "dbbackup.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end -}}
{{- end }}

{{- define "dbbackup.fullname" -}}
{{ include "dbbackup.name" . | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "dbbackup.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "dbbackup.labels" -}}
{{ include "dbbackup.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "dbbackup.keySecret" -}}
{{ .Values.encryption.existingSecret | default (include "dbbackup.fullname" .) }}
{{- end }}

{{/* What no container here may do more than. */}}
{{- define "dbbackup.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}
