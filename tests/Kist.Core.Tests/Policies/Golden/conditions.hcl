path "a" {
  capabilities = ["deny"]
  conditions { cidrs = ["10.0.0.0/8"] }
}
path "b" {
  capabilities = ["read"]
  conditions {
    cidrs     = ["10.1.0.0/8", "10.0.0.0/33", "somewhere", "::ffff:10.0.0.0/104", "fe80::1%eth0", "2001:db8::1/32"]
    days      = ["monday", "mon-tue-wed", "-"]
    hours     = ["8-18", "08:00-08:00", "24:00-06:00", "08:00-25:00"]
    time_zone = "Europe/Berln"
    not_after = "2026-12-31"
    weekdays  = true
  }
}
