// Package kerneltest is a kernel.Runtime without any kernel behind it, for tests: its
// containers are entries of maps that live, answer and end as a Program says, in the
// test's time, which may be a synctest bubble's. It outlives supervisors, as the real
// one's processes do, so that what a supervisor leaves can be shown to the next.
//
// It checks what supervisors owe to the interface: that calls for one container never
// overlap, that no run is started twice or under a number that was given before, that
// nothing is removed while it runs. What breaks that fails the test.
package kerneltest
