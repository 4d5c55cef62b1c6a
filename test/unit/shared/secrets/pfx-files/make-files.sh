#!/bin/sh
# Makes the files beside it with OpenSSL 3, another program than the one under test. They are kept, for no test may need
# a program that `npm ci` does not bring. The keys are worth nothing: nothing but these tests knows them.
set -eu
cd "$(dirname "$0")"
umask 077
export PASSWORD

authority_key=$(mktemp)
key=$(mktemp)
elliptic=$(mktemp)
pss_key=$(mktemp)
trap 'rm -f "$authority_key" "$key" "$elliptic" "$pss_key"' EXIT

# certificate <name> <key file> <more of `openssl req -x509`>: a certificate that lasts longer than these tests
certificate() {
  name=$1 keyout=$2
  shift 2
  openssl req -x509 -noenc -keyout "$keyout" -out "$name.pem" -subj "/CN=$name.contoso.com" -days 36500 "$@"
}

# pfx <name> <password> <more of `openssl pkcs12 -export`>
pfx() {
  name=$1 PASSWORD=$2
  shift 2
  openssl pkcs12 -export -in certificate.pem -inkey "$key" -out "$name.pfx" -passout env:PASSWORD "$@"
}

certificate authority "$authority_key" -newkey rsa:2048
certificate certificate "$key" -newkey rsa:2048 -CA authority.pem -CAkey "$authority_key"

PASSWORD=geheim
openssl pkcs8 -topk8 -v1 PBE-SHA1-3DES -in "$key" -passout env:PASSWORD -out key-3des.pem

pfx modern 'grüße €😀'
pfx windows-before-2017 'grüße €😀' -legacy
pfx rc2-128 geheim -legacy -certpbe PBE-SHA1-RC2-128
pfx 3des geheim -certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1
pfx aes-128-sha-512 geheim -certpbe AES-128-CBC -keypbe AES-192-CBC -macalg sha512
pfx clear-certificate geheim -certpbe NONE
pfx clear geheim -certpbe NONE -keypbe NONE
pfx no-mac geheim -nomac
pfx iterations-100000 geheim -iter 100000
pfx no-password ''
pfx no-password-legacy '' -legacy
pfx chain geheim -certfile authority.pem
pfx no-key geheim -nokeys
pfx iterations-1000001 geheim -iter 1000001
pfx iterations-1000001-no-mac geheim -iter 1000001 -nomac
pfx iterations-1000001-no-mac-legacy geheim -iter 1000001 -nomac -legacy

certificate elliptic "$elliptic" -newkey ec -pkeyopt ec_paramgen_curve:P-256
pfx elliptic geheim -in elliptic.pem -inkey "$elliptic"
certificate pss "$pss_key" -newkey rsa:2048 -sigopt rsa_padding_mode:pss
pfx pss geheim -in pss.pem -inkey "$pss_key"
rm elliptic.pem
chmod 644 ./*.pem ./*.pfx
