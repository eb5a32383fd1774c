package main

import (
	"github.com/spf13/cobra"
)

// completion prints the script that makes a shell ask us.
func (a *app) completion() *cobra.Command {
	var plain bool
	shells := []string{"bash", "zsh", "fish"}
	c := &cobra.Command{
		Use: "completion [OPTIONS] bash|zsh|fish", Short: "Print the script that completes this command line in a shell",
		Long: `Print the script that makes a shell complete commands, flags and names: services,
running ones where only those make sense, containers of run, projects, profiles, images,
volumes, networks. Nothing is started for it. make install puts the scripts where shells look.`,
		Example: `  source <(mocker-compose completion bash)     for this shell
  mocker-compose completion bash > ~/.local/share/bash-completion/completions/mocker-compose
  mocker-compose completion zsh > "${fpath[1]}/_mocker-compose"
  mocker-compose completion fish > ~/.config/fish/completions/mocker-compose.fish`,
		Args: exactly(1), ValidArgs: shells,
		RunE: func(c *cobra.Command, args []string) error {
			out := a.env.Results()
			switch args[0] {
			case "bash":
				return c.Root().GenBashCompletionV2(out, !plain)
			case "zsh":
				if plain {
					return c.Root().GenZshCompletionNoDesc(out)
				}
				return c.Root().GenZshCompletion(out)
			case "fish":
				return c.Root().GenFishCompletion(out, !plain)
			}
			return &usageError{c.CommandPath(), unknownShell(args[0])}
		},
	}
	c.Flags().BoolVar(&plain, "no-descriptions", false, "offer commands and flags without what they do")
	return c
}
