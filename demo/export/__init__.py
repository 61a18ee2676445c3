"""What a visitor takes away: files, exact data, figure, citation, link."""
