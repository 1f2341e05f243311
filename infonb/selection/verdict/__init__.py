"""What a comparison says of a model: the rule, the verdict, and the sentence that tells why."""
