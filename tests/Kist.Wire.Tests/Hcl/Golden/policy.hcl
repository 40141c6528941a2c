# A policy with every kind of item.
name = "app"

path "secret/data/app/*" {
  capabilities = ["create", "read",] // trailing comma
  allowed_parameters = {
    "data"  = []
    "ttl"   = [30, "1h"], "force" = [true]
  }
  /* a block
     comment */
  conditions {
    cidrs = ["10.0.0.0/8"]
  }
}
path "sys/mounts" { policy = "read" min_wrapping_ttl = 60 }
path "a" "b"
{
}
