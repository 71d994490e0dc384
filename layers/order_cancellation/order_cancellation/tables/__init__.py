"""The only DynamoDB. Expressions, keys and item shapes stand here and nowhere else."""
