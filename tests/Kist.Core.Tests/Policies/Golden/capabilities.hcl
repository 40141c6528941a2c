path "secret/data/app" {
  capabilities = ["create",
    "raed", "Update", "delet", "everything", 5]
}

path "secret/data/a" {
  capability = ["read"]
}

path "sys/mounts" {
  policy = "admin"
}

pth "secret/*" {
  capabilities = ["read"]
}

path "secret/b" {
  capabilities = { read = true }
  capabilities = ["read"]
}
