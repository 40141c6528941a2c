# Sourced by the tools that build what Debian's packages hold the source of. apt reads a configuration of its own, made in $work, which has the
# sources that the system's may lack; packages are unpacked there and not installed, so that no rights are needed.

suite=bookworm go=1.19
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

has_debian() { command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null && [[ -r $keyring ]]; }

prepare_apt() {
  # The mirror that the system uses for this release, where it does.
  local mirror
  mirror=$(apt-get indextargets --format '$(REPO_URI)' "Release: $suite" 2>/dev/null | head -n 1) || true
  mirror=${mirror:-http://deb.debian.org/debian}
  mkdir -p apt/lists/partial apt/cache/archives/partial apt/parts
  for kind in deb deb-src; do echo "$kind [signed-by=$keyring] $mirror $suite main"; done >apt/sources.list
  cat >apt/apt.conf <<END
Dir::Etc::sourcelist "$work/apt/sources.list";
Dir::Etc::sourceparts "$work/apt/parts";
Dir::State::lists "$work/apt/lists";
Dir::Cache "$work/apt/cache";
APT::Sandbox::User "$(id -un)";
END
  export APT_CONFIG=$work/apt/apt.conf
  apt-get update
}

unpack_packages() {
  for package in *.deb; do dpkg-deb --extract "$package" root; done
}
