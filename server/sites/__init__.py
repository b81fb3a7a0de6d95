"""What a site has decided about its cases."""
