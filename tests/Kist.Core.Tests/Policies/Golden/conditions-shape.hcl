path "c" {
  capabilities = ["read"]
  conditions { }
}
path "d" {
  capabilities = ["read"]
  conditions { days = [] time_zone = "../../etc/passwd" }
}
path "e" {
  capabilities = ["read"]
  conditions { time_zone = "UTC" not_after = "2026-12-31T00:00:00" }
}
path "f" {
  capabilities = ["read"]
  conditions = "never"
  conditions { }
}
path "g" {
  capabilities = ["read"]
  conditions = []
}
path "h" {
  policy = "deny"
  conditions { days = 5 }
}
