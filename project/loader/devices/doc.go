// Package devices reads which device files of the machine a service gets: devices,
// gpus and deploy.resources.reservations.devices.
//
// # Graphics processors
//
// docker leaves gpus to a hook of the system's runtime, which brings device files and the
// driver's libraries. Nobody runs such hooks for a plain user, but both are plain files:
// where the administrator has described them (Container Device Interface, /etc/cdi and
// /var/run/cdi, as `nvidia-ctk cdi generate` writes it), the description is
// followed; else the device files that are known by their names are given, as far as the user may
// open them, and the libraries have to be in the image. Which of the two it was, and what is
// missing, is said in one line. That a machine has none is no fault: the service runs, and
// computes without.
//
// CDI: https://github.com/cncf-tags/container-device-interface, SPEC.md 0.8. Hooks are left out,
// which is said.
//
// # Limits
//
// Whether a device file can be opened is asked of the machine when the file is read (so
// that another machine means another container), and again when the service starts.
package devices
