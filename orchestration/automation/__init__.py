"""What starts runs without a person: the sensor on the landing zone, the daily schedule, and what they share."""
