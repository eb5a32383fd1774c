// Package hazard makes archives that try to harm whoever unpacks them. Only
// tests import it.
//
// Each attacks a canary that lies beside the tree, and is named after the hazard,
// or after the advisory in which it became known. Those with Escapes make an
// unpacker that joins paths and opens them change something outside of the tree:
// a test shows that they do, so that it means something when ours does not.
package hazard
