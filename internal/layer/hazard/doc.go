// Package hazard makes archives that try to harm whoever unpacks them. Only
// tests import it.
//
// Each archive attacks a canary that lies beside the tree. It is named after the
// hazard, or after the advisory in which it became known.
package hazard
