// Package decimal reads and writes the numbers of the tape as people write
// them. A number is an integer mantissa and an exponent of ten that its
// instrument's definition fixes; nothing here rounds: what an exponent cannot
// hold is an error. Pure.
package decimal
