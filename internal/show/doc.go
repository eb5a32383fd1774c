// Package show prints what the commands ps and ls have found, in docker
// compose's shapes, so that people and scripts read it without relearning.
//
// All functions are pure: they take the containers as the supervisor described
// them, the present time and a writer. Columns and JSON keys are docker
// compose's; a key that has no meaning here (Size, Engine) is
// printed with the value of a container that has none, because programs index
// into the object without asking.
//
// It runs before the heavy package initialisations of the compose loader, so
// it imports no template, regular expression or unit library.
package show
