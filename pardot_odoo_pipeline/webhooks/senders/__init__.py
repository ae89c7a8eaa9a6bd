"""What whoever sets up a sender needs: instructions, code and payloads for Salesforce."""
