#!/bin/sh
# hardening.sh FILE...: every program must carry the protections that meson.build asks for.
#
# Not asked of a program is the CET note: Debian 12's own start files lack it, so the linker
# drops ours. A fully static, stripped program has no symbols to show and fails here.

faults()
{
	readelf -hW "$1" | grep -q 'Type: *DYN' || echo pie
	readelf -lW "$1" | grep -q GNU_RELRO || echo relro
	readelf -dW "$1" | grep -Eq 'BIND_NOW|FLAGS.*NOW' || echo bind-now
	readelf -lW "$1" | grep -q 'GNU_STACK.*RWE' && echo executable-stack
	readelf -sW "$1" | grep -q '__stack_chk_fail' || echo stack-protector
	readelf -sW "$1" | grep -Eq '_chk(@|$| )' || echo fortify
	readelf -dW "$1" | grep -Eq 'RPATH|RUNPATH' && echo rpath
}

status=0
[ $# -gt 0 ] || { echo "usage: hardening.sh FILE..." >&2; exit 2; }
for file; do
	missing=$(faults "$file" 2>&1 | tr '\n' ' ')
	echo "$file: ${missing:-ok}"
	[ -z "$missing" ] || status=1
done
exit $status
