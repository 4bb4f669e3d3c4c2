/** The shells for which there is a script. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * The script that completes command lines of the program in a shell. It asks the program itself for the words that may come next, so it
 * never has to be made again.
 */
export function completionScript(shell: Shell, program: string): string {
  const name = `_${program.replace(/\W/g, '_')}`;
  return {
    bash: `${name}() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(${program} complete-words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -o nosort -F ${name} ${program}
`,
    zsh: `#compdef ${program}
${name}() {
  local -a found
  found=("\${(@f)$(${program} complete-words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if (( \${#found[1]} )); then compadd -a found; else _files; fi
}
compdef ${name} ${program}
`,
    fish: `function ${name}
  set -l found (${program} complete-words -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)
  if test -n "$found"
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c ${program} -f -a '(${name})'
`,
  }[shell];
}
