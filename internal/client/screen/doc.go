// Package screen prints what several containers write while they come and go, for
// commands that stay: `up` in the foreground, `logs --follow`, `run` and `attach`.
//
// # Invariants
//
//   - No method waits for a slow reader of the screen, but Close.
//   - What a container has written is printed to its end before what is said of its end
//     ([Screen.Last]).
//   - Close returns when all that was written before is printed, or with the reason why
//     it cannot be.
package screen
