package host

import "container/heap"

// deadlines is a heap of entities by (deadline, id): the order in which due
// entities advance is a function of the log.
type deadlines []*entity

func (d deadlines) Len() int { return len(d) }

func (d deadlines) Less(i, j int) bool {
	if d[i].deadline != d[j].deadline {
		return d[i].deadline < d[j].deadline
	}
	return d[i].id < d[j].id
}

func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].due, d[j].due = i, j
}

func (d *deadlines) Push(x any) {
	e := x.(*entity)
	e.due = len(*d)
	*d = append(*d, e)
}

func (d *deadlines) Pop() any {
	last := len(*d) - 1
	e := (*d)[last]
	(*d)[last] = nil
	*d = (*d)[:last]
	e.due = -1
	return e
}

// set moves e to its new deadline, ns; 0 takes it out.
func (d *deadlines) set(e *entity, deadline int64) {
	if e.deadline == deadline {
		return
	}
	e.deadline = deadline
	switch {
	case deadline == 0:
		heap.Remove(d, e.due)
	case e.due < 0:
		heap.Push(d, e)
	default:
		heap.Fix(d, e.due)
	}
}

// first is the earliest deadline, ns; 0 when there is none.
func (d deadlines) first() int64 {
	if len(d) == 0 {
		return 0
	}
	return d[0].deadline
}
