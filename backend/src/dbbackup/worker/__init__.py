"""What happens by itself: runs claimed from the queue, leftovers put in order."""
