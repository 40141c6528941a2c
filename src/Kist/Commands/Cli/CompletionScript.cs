using Kist.Wire.Hcl;

namespace Kist.Commands.Cli;

/// <summary>The scripts that make shells ask the program for candidates.</summary>
internal static class CompletionScript
{
    private static readonly string[] Shells = ["bash", "zsh", "fish"];

    /// <summary>The script for a shell.</summary>
    /// <exception cref="ExitException">There is none for it.</exception>
    public static string For(string shell, string program) => shell switch
    {
        "bash" => Bash.Replace("PROGRAM", program, StringComparison.Ordinal),
        "zsh" => Zsh.Replace("PROGRAM", program, StringComparison.Ordinal),
        "fish" => Fish.Replace("PROGRAM", program, StringComparison.Ordinal),
        _ => throw ExitException.Usage($"there is completion for bash, zsh and fish{HclSuggestion.For(shell, Shells)}"),
    };

    /// <summary>
    /// Bash makes words of its own at = and :, so the line is cut at blanks here; what stands before the last break is not offered again. Candidates are
    /// quoted, since bash puts them on the line as they are and other people name secrets; for the same reason, backslashes are taken off what is typed.
    /// </summary>
    private const string Bash = """
        _PROGRAM_complete() {
          local line="${COMP_LINE:0:COMP_POINT}" current words candidate
          read -a words <<< "$line"
          IFS= read current <<< "${COMP_WORDS[COMP_CWORD]}"
          [[ "$line" == *[[:space:]] && "$line" != *\\[[:space:]] ]] && words+=("")
          local typed="${words[${#words[@]}-1]}"
          [[ "$current" == "=" || "$current" == ":" ]] && current=""
          local kept=$(( ${#typed} - ${#current} ))
          COMPREPLY=()
          while IFS= read -r candidate; do
            candidate="${candidate:kept}"
            [[ -n "$candidate" ]] && printf -v candidate %q "$candidate"
            COMPREPLY+=("$candidate")
          done < <(PROGRAM __complete "${words[@]:1}" 2>/dev/null)
          [[ "${COMPREPLY[0]}" == *[=/] ]] && compopt -o nospace
        }
        complete -F _PROGRAM_complete PROGRAM

        """;

    private const string Zsh = """
        #compdef PROGRAM
        _PROGRAM() {
          local -a candidates open closed
          candidates=("${(@f)$(PROGRAM __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
          open=(${(M)candidates:#*[=/]})
          closed=(${candidates:#*[=/]})
          (( $#open )) && compadd -S '' -- $open
          (( $#closed )) && compadd -- $closed
        }
        compdef _PROGRAM PROGRAM

        """;

    private const string Fish = """
        complete -c PROGRAM -f -a '(PROGRAM __complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'

        """;
}
