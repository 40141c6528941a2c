ui            = true
api_addr      = "https://vault.example:8200"
default_lease = 1.5e3
mode          = 0640
mask          = 0xFF
low           = -12
listener "tcp" {
  address     = "0.0.0.0:8200" # where
  tls_cert_file = "C:\\certs\\a\tb\u00e9\x41.pem"
}
storage "file" { path = "/tmp/${env["HOME"]}" }
note = <<EOF
  first
second "quoted" \n
EOF
template {
  contents = <<-END
    {{ with secret "a" }}

      x
    {{ end }}
    END
  left = <<-END
 less
   more
   END
}
empty = {}
list = [[1, 2], {a = "b"}, []]
