// Package crowd is many clients in a process of their own, so that the CPU time
// and memory of the server under measure are its own. The two processes talk in
// lines: the crowd says that it is ready, counts from when it is told to, and reports.
package crowd
