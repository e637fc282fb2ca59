#include "cli.h"
#include "commands.h"

/*
 * The scripts are the same for every command: they hand the words to `opsctl __complete`, which
 * reads the command table, and put the answer into the shell's own form.
 */

/* COMP_WORDS is split at "=" and ":" (COMP_WORDBREAKS), candidates replace the last part only. */
static const char bash_script[] =
    "_opsctl() {\n"
    "\tlocal line='' word words=() reply i glue=0\n"
    "\tfor ((i = 1; i <= COMP_CWORD; i++)); do\n"
    "\t\tword=${COMP_WORDS[i]}\n"
    "\t\tif ((glue || i > 1)) && [[ $word == [=:] || $glue == 1 ]]; then\n"
    "\t\t\twords[${#words[@]} - 1]+=$word\n"
    "\t\t\tglue=0\n"
    "\t\t\t[[ $word == [=:] ]] && glue=1\n"
    "\t\telse\n"
    "\t\t\twords+=(\"$word\")\n"
    "\t\tfi\n"
    "\tdone\n"
    "\t((${#words[@]})) || words=('')\n"
    "\tword=${words[${#words[@]} - 1]}\n"
    "\tCOMPREPLY=()\n"
    "\twhile IFS= read -r line; do\n"
    "\t\tcase $line in\n"
    "\t\t:file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"${word#--*=}\") ;;\n"
    "\t\t:dir) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- \"${word#--*=}\") ;;\n"
    "\t\t*)\n"
    "\t\t\treply=${line%%$'\\t'*}\n"
    "\t\t\t[[ $word == --*=* ]] && reply=${reply#*=}\n"
    "\t\t\tCOMPREPLY+=(\"$reply\")\n"
    "\t\t\t;;\n"
    "\t\tesac\n"
    "\tdone < <(opsctl __complete \"${words[@]}\" 2>/dev/null)\n"
    "}\n"
    "complete -F _opsctl opsctl\n";

static const char zsh_script[] =
    "#compdef opsctl\n"
    "_opsctl() {\n"
    "\tlocal line\n"
    "\tlocal -a names texts\n"
    "\twhile IFS= read -r line; do\n"
    "\t\tcase $line in\n"
    "\t\t:file) _files; return ;;\n"
    "\t\t:dir) _files -/; return ;;\n"
    "\t\tesac\n"
    "\t\tnames+=(\"${line%%$'\\t'*}\")\n"
    "\t\ttexts+=(\"${line%%$'\\t'*}  ${line#*$'\\t'}\")\n"
    "\tdone < <(opsctl __complete \"${(@)words[2,CURRENT]}\" 2>/dev/null)\n"
    "\t((${#names})) && compadd -l -d texts -a names\n"
    "}\n"
    "if [[ $funcstack[1] == _opsctl ]]; then\n"
    "\t_opsctl \"$@\"\n"
    "else\n"
    "\tcompdef _opsctl opsctl\n"
    "fi\n";

static const char fish_script[] =
    "function __opsctl_complete\n"
    "\tset -l words (commandline -opc)\n"
    "\tset -l answer (opsctl __complete $words[2..-1] (commandline -ct) 2>/dev/null)\n"
    "\tswitch \"$answer[1]\"\n"
    "\t\tcase :file\n"
    "\t\t\t__fish_complete_path (commandline -ct)\n"
    "\t\tcase :dir\n"
    "\t\t\t__fish_complete_directories (commandline -ct)\n"
    "\t\tcase '*'\n"
    "\t\t\tprintf '%s\\n' $answer\n"
    "\tend\n"
    "end\n"
    "complete -c opsctl -f -a '(__opsctl_complete)'\n";

static const struct {
	const char *shell, *script;
} scripts[] = {
	{ "bash", bash_script },
	{ "zsh", zsh_script },
	{ "fish", fish_script },
};

static int cmd_completion(struct cli *cli, struct err *err)
{
	struct buf out = BUF_INIT(16 * 1024);
	struct json_writer w;

	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		if (strcmp(cli->operands[0], scripts[i].shell) != 0)
			continue;
		out_text(cli, "%s", scripts[i].script);
		if (cli->json) {
			out_json_begin(&w, &out, "opsctl/completion/1");
			json_member_text(&w, "shell", scripts[i].shell);
			json_member_text(&w, "script", scripts[i].script);
			json_object_end(&w);
			out_json(cli, buf_str(&out));
			buf_release(&out);
		}
		return 0;
	}
	(void)err_set(err, ERR_USAGE, "completion: '%s' is not one of bash, zsh, fish",
	    cli->operands[0]);
	return cli_next(cli, "run: opsctl completion --help");
}

const struct command command_completion = {
	.name = "completion",
	.operands = "bash|zsh|fish",
	.min = 1,
	.max = 1,
	.operand_completion = "shell",
	.summary = "print a completion script for a shell",
	.about = "For bash: source <(opsctl completion bash). For zsh: save it as _opsctl in a "
		 "directory of fpath. For fish: opsctl completion fish | source.",
	.run = cmd_completion,
};
