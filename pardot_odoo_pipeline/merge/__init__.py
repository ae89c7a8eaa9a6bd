"""Pure decisions: who matches whom, what changes, who wins."""
