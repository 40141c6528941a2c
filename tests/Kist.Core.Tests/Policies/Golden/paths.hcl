path "" { policy = "read" }
path "/" { policy = "read" }
path "secret/+*" { policy = "read" }
path "secret/{{identity.entity.id" { policy = "read" }
path "secret/{{identity.entity.id}}" { policy = "deny" }
path { policy = "read" }
path "a" "b" { policy = "read" }
path = "secret"
