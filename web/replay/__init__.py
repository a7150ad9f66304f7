"""The public Complete Journey data, a year of a real grocer's baskets, through every door of the house."""
