#!/bin/sh
# valgrind.sh PROGRAM [ARGS]: run a test under valgrind. Not one that is a script: it would show
# the leaks of the shell.
if [ "$(head -c 4 "$1" | tr -d '\177')" = ELF ]; then
	set -- valgrind -q --error-exitcode=9 --leak-check=full "$@"
fi
exec "$@"
